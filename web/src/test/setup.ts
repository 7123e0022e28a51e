import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/react';
import { afterEach } from 'vitest';
import '@/i18n/i18n';
import { showLanguage } from '@/i18n/language';

// A busy machine takes its time; how long is not what these tests are about.
configure({ asyncUtilTimeout: 20_000 });
await showLanguage('en');
localStorage.clear();

afterEach(() => {
  cleanup();
  localStorage.clear();
});
