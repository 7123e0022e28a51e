import type { TFunction } from 'i18next';
import { type Engine, engines } from '@/api/codes';

export function isEngine(engine: string): engine is Engine {
  return engines.some((known) => known === engine);
}

/** The inference server's own name, as its project writes it. */
export function engineLabel(t: TFunction, engine: string): string {
  return isEngine(engine) ? t(`models.engine.${engine}`) : engine;
}
