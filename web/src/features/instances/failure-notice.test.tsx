import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { showLanguage } from '@/i18n/language';
import { FailureNotice } from './failure-notice';

it("says what failed in the reader's language and what was reported beside it", async () => {
  await showLanguage('fr');
  render(<FailureNotice code="deadline_passed" message="It was still booting after 20 minutes." />);
  expect(screen.getByText(/^Le démarrage a duré trop longtemps/)).toBeVisible();
  expect(screen.getByText(/It was still booting after 20 minutes\./)).toHaveTextContent('(deadline_passed)');
  await showLanguage('en');
});

it('shows what a newer worker reports as it is', () => {
  render(<FailureNotice code="engine_hibernates" message="The engine sleeps." />);
  expect(screen.getByText(/The engine sleeps\./)).toHaveTextContent('The engine sleeps. (engine_hibernates)');
  expect(screen.queryByText(/Reported/)).toBeNull();
});
