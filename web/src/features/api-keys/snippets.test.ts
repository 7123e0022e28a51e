import { describe, expect, it } from 'vitest';
import { snippet } from './snippets';

const context = { baseUrl: 'https://llm.example.com/v1', key: 'inv_secret', model: "acme/it's-small" };

describe('snippets', () => {
  it.each(['curl', 'python', 'javascript'] as const)('%s has the address, the key and the model', (language) => {
    const code = snippet(language, context);
    expect(code).toContain('https://llm.example.com/v1');
    expect(code).toContain('inv_secret');
    expect(code).toContain('small');
  });

  it('curl survives a quote in the model name', () => {
    expect(snippet('curl', context)).toContain(`"model":"acme/it'\\''s-small"`);
  });

  it('python and javascript stream the answer', () => {
    expect(snippet('python', context)).toContain('stream=True');
    expect(snippet('javascript', context)).toContain('stream: true');
  });
});
