import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '../fixtures/test';

// OpenAI's own Python SDK. The tests are in Python; this runs them with the address and the key of the program under test.

test("the Python SDK's tests pass", async ({ gateway }) => {
  const python = process.env.INVENTIV_TEST_PYTHON;
  expect(python, 'INVENTIV_TEST_PYTHON, as `cargo xtask test sdk` sets it').toBeTruthy();
  const script = fileURLToPath(new URL('./python_sdk.py', import.meta.url));
  const run = promisify(execFile)(String(python), [script, '--verbose'], {
    timeout: 150_000,
    env: {
      PATH: process.env.PATH,
      OPENAI_BASE_URL: gateway.baseURL,
      OPENAI_API_KEY: gateway.key,
      INVENTIV_TEST_MODEL: gateway.model,
    },
  });
  // A run that fails rejects with what the tests printed.
  const { stderr } = await run;
  expect(stderr).toMatch(/^Ran [1-9]\d* tests/m);
  expect(stderr).toMatch(/^OK$/m);
});
