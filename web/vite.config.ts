import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import { tanstackRouter } from '@tanstack/router-plugin/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { apiReference } from './build/api-reference.ts';
import { firstPageWeight } from './build/first-page-weight.ts';
import { packed } from './build/packed.ts';

// `npm run dev` forwards everything outside /app to a running server, so that the console and the API share one origin
// exactly as they do in production (cookies and the origin check depend on it).
const server = process.env.INVENTIV_SERVER ?? 'http://127.0.0.1:8080';
const apiPaths =
  '^/(auth|organizations|models|providers|regions|zones|instance_types|deployments|instances|api_keys|chat|finops|usage|users|audit_log|events|platform|v1|version)(/|\\?|$)';

export default defineConfig({
  base: '/app/',
  plugins: [
    tanstackRouter({ target: 'react', autoCodeSplitting: true, quoteStyle: 'single', semicolons: true }),
    react(),
    tailwindcss(),
    apiReference(),
    firstPageWeight(),
    packed(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { [apiPaths]: { target: server, changeOrigin: false } } },
  build: {
    outDir: 'dist',
    assetsDir: 'assets',
    sourcemap: false,
    assetsInlineLimit: 0,
    // What every page needs is two files, ours and others', instead of a hundred of which each lists by name what it fetches later.
    // `main.tsx` stays what it is, the beginning.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'parts', tags: ['$initial'], test: /node_modules[\\/]/, priority: 1 },
            { name: 'console', tags: ['$initial'], test: /src[\\/](?!main\.tsx)/ },
          ],
        },
      },
    },
  },
  test: {
    environment: 'happy-dom',
    setupFiles: ['./src/test/setup.ts'],
    include: ['{src,build}/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
  },
});
