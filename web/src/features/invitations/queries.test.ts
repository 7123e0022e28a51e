import { expect, it } from 'vitest';
import type { Invitation } from '@/api/shapes';
import { lookAgain } from './queries';

const invitation = (status: string, delivery?: string) =>
  ({ status, delivery: delivery && { status: delivery } }) as unknown as Invitation;

it('looks again while a mail is on its way, and not for ever', () => {
  const waiting = [invitation('pending', 'sent'), invitation('pending', 'queued')];
  expect(lookAgain(waiting, 1)).toBeGreaterThan(0);
  expect(lookAgain(waiting, 1_000)).toBe(false);
});

it('rests when nothing is on its way', () => {
  expect(lookAgain(undefined, 0)).toBe(false);
  expect(lookAgain([invitation('pending', 'sent'), invitation('revoked', 'queued'), invitation('pending')], 1)).toBe(
    false,
  );
});
