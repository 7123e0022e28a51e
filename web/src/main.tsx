import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import * as z from 'zod/mini';
import { createApplication } from './application';
import './i18n/i18n';
import { preferredLanguage, showLanguage } from './i18n/language';
import { followSystemTheme } from './lib/theme';
import './styles.css';

// Zod compiles validators with `new Function` where it may; the Content-Security-Policy says it may not.
z.config({ jitless: true });
followSystemTheme();

const { queries, router } = createApplication();
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
const shown = createRoot(root);

// One language's words that can't be fetched are no reason to show none.
await showLanguage(preferredLanguage()).catch(() => showLanguage('en'));
shown.render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
