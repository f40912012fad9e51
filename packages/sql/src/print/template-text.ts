import { QueryError } from '../errors.ts';
import type {
  FunctionEntry,
  Template,
  TemplateArgument,
  TemplateContext,
} from '../functions/function-entry.ts';

/** A template's text over printed arguments. `{over}` stays in it. Throws internalError for a placeholder without an argument. */
export function applyTemplate(
  template: Template,
  args: readonly TemplateArgument[],
  context: TemplateContext,
): string {
  if (typeof template === 'function') return template(args, context);
  return template.replace(/\{(\d+|\*|type|tz|now)\}/g, (_, key: string) => {
    switch (key) {
      case '*':
        return args.map((argument) => argument.text).join(', ');
      case 'type':
        return context.engineType(context.result);
      case 'tz':
        return context.timeZone;
      case 'now':
        return context.now;
      default: {
        const argument = args[Number(key)];
        if (argument === undefined) {
          throw new QueryError('internalError', `A template has no argument {${key}}: ${template}`);
        }
        return argument.text;
      }
    }
  });
}

/** The comparison that a template is, when it is nothing but `{0} = {1}` and the like. */
export function plainComparison(template: Template): string | undefined {
  if (typeof template !== 'string') return undefined;
  return /^\(?\{0\} (=|<>|<|<=|>|>=) \{1\}\)?$/.exec(template)?.[1];
}

/** A short name of an entry for messages. */
export function entryLabel(entry: FunctionEntry): string {
  return entry.kind === 'operator' ? `operator ${entry.name}` : `function ${entry.name}()`;
}
