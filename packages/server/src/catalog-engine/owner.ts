/** The role that owns all mirrored objects; not a superuser. */
export const OWNER = 'tributary';
