import { useEffect } from 'react';
import { holdUnsaved } from './unsaved';

type FormState = { isDirty: boolean; isSubmitting: boolean };

/** Lets the console ask before a form is left that holds something typed. What is on its way to the server is no longer only typed. */
export function useUnsaved({ isDirty, isSubmitting }: FormState): void {
  const holds = isDirty && !isSubmitting;
  useEffect(() => (holds ? holdUnsaved() : undefined), [holds]);
}
