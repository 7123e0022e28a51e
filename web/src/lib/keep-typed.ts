/**
 * For the `resetOptions` of a form that shows what may change elsewhere: newer values fill the fields that nobody touched, and what was
 * typed stays and can still be saved.
 */
export const keepTyped = { keepDirtyValues: true, keepDirty: true, keepErrors: true } as const;

/** For the `reset` of such a form, which keeps what was typed otherwise: after saving, or to take over what others changed. */
export const replaceTyped = { keepDirtyValues: false, keepDirty: false, keepErrors: false } as const;
