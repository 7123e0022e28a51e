import i18next from 'i18next';
import { expect, it } from 'vitest';
import { failureCodes } from '@/api/codes';
import { showLanguage } from '@/i18n/language';
import { canTerminate, failureLabel, instanceName, instanceTitle, statusGroup, statusLabel, stepsDone } from './status';

it('counts the steps up to the last one done', () => {
  expect(stepsDone({ status: 'provisioning', progress_step: null })).toBe(0);
  expect(stepsDone({ status: 'booting', progress_step: 'server_started' })).toBe(3);
  expect(stepsDone({ status: 'ready', progress_step: 'health_checked' })).toBe(10);
});

it('offers termination while something may exist at the provider', () => {
  const instance = (status: string) => ({ status }) as Parameters<typeof canTerminate>[0];
  expect(['ready', 'failed', 'startup_failed'].every((status) => canTerminate(instance(status)))).toBe(true);
  expect(['terminating', 'terminated', 'archived'].some((status) => canTerminate(instance(status)))).toBe(false);
});

it('goes by the name that people gave it, else by its model', () => {
  const instance = { id: '00000000-0000-4000-8000-0000abcd1234', model_name: 'Echo' };
  const named = { ...instance, name: 'Chat for support' };
  expect([instanceName(named), instanceTitle(named)]).toEqual(['Chat for support', 'Chat for support']);
  expect([instanceName(instance), instanceTitle({ ...instance, name: null })]).toEqual(['Echo · abcd1234', 'Echo']);
});

it("shows a status it doesn't know as the server calls it", () => {
  expect(statusLabel(i18next.t, 'hibernating')).toBe('hibernating');
  expect(statusGroup('hibernating')).toBe('live');
});

it.each(['en', 'fr'] as const)(
  'says in %s what keeps an instance from serving, and nothing of what a newer worker reports',
  async (language) => {
    await showLanguage(language);
    const said = failureCodes.map((code) => failureLabel(i18next.t, code));
    expect(said.filter((text) => !text || text.startsWith('instances.'))).toEqual([]);
    expect(new Set(said).size).toBe(failureCodes.length);
    expect(failureLabel(i18next.t, 'engine_hibernates')).toBeUndefined();
    await showLanguage('en');
  },
);
