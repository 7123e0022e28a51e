import type { TFunction } from 'i18next';

export const engines = ['mock', 'vllm', 'llama_cpp'] as const;
export type Engine = (typeof engines)[number];

export function isEngine(engine: string): engine is Engine {
  return engines.some((known) => known === engine);
}

/** The inference server's own name, as its project writes it. */
export function engineLabel(t: TFunction, engine: string): string {
  return isEngine(engine) ? t(`models.engine.${engine}`) : engine;
}
