/**
 * Hours east of Greenwich of the abbreviations in PostgreSQL's set Default (share/timezonesets) that mean whole hours: each is a fixed
 * offset, unlike ICU's zones of the same name. MSK, whose offset changed over the years there, is Moscow's of today.
 */
const BY_HOURS: readonly (readonly [hours: number, names: string])[] = [
  [-10, 'hst taht'],
  [-9, 'akst gamt'],
  [-8, 'akdt pst'],
  [-7, 'mst pdt'],
  [-6, 'cst galt mdt'],
  [-5, 'act cdt cot est pet'],
  [-4, 'amt ast bot edt'],
  [-3, 'adt bra brt clst gft pmst pyst uyt wgt'],
  [-2, 'brst fnt pmdt uyst wgst'],
  [-1, 'azot egt fnst'],
  [0, 'azost egst gmt uct ut utc wet z zulu'],
  [1, 'bst cet met mez wat wetdst'],
  [2, 'bdst cest cetdst eet ist mest mesz metdst sast'],
  [3, 'eat eest eetdst fet idt msk'],
  [4, 'msd mut ret sct'],
  [5, 'must mvt pkt tft tjt uzt'],
  [6, 'almt bdt btt kgst pkst uzst xjt yekst'],
  [7, 'almst cxt ict wast'],
  [8, 'awst bnt bort cct hkt myt pht wadt'],
  [9, 'awsst jayt jst kst pwt ulast wdt'],
  [10, 'aest chut ddut kdt ligt mpt pgt trut yapt'],
  [11, 'aedt aesst pont vut'],
  [12, 'fjt gilt mht nzst nzt tvt wakt wft'],
  [13, 'fjst nzdt tot'],
];

/** Hours east of Greenwich by a time zone's abbreviation in lower case. */
export const ZONE_ABBREVIATIONS: ReadonlyMap<string, number> = new Map(
  BY_HOURS.flatMap(([hours, names]) => names.split(' ').map((name) => [name, hours] as const)),
);
