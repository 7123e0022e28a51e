import { lazy, Suspense, useEffect } from 'react';
import { answerAll, useIsAsking } from './asking';

const AskingDialog = lazy(() => import('./asking-dialog').then((module) => ({ default: module.AskingDialog })));

/** Stands once in the shell. What was refused for want of a recent proof waits behind it and is then done. */
export function ReauthenticationDialog() {
  const asking = useIsAsking();
  // Whoever leaves the shell leaves the question.
  useEffect(() => () => answerAll(false), []);
  return asking ? (
    <Suspense>
      <AskingDialog />
    </Suspense>
  ) : null;
}
