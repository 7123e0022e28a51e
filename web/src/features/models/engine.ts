import type { TFunction } from 'i18next';

const engines = ['mock', 'vllm', 'llama_cpp'] as const;
type Engine = (typeof engines)[number];

/** The inference server's own name, as its project writes it. */
export function engineLabel(t: TFunction, engine: string): string {
  return engines.includes(engine as Engine) ? t(`models.engine.${engine as Engine}`) : engine;
}
