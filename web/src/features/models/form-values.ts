import * as z from 'zod/mini';
import { engines } from '@/api/codes';
import type { Model } from '@/api/shapes';
import { atMostCharacters } from '@/lib/field-rules';
import { isEngine } from './engine';

export const kinds = ['chat', 'embedding'] as const;

/** What a number may be: its least and its most. */
export const ranges = {
  required_vram_gb: [0, 100_000],
  context_length: [1, 100_000_000],
  data_volume_gb: [0, 1_000_000],
} as const;

// The form has one sentence for all that can be wrong with a number.
const whole = ([least, most]: readonly [number, number]) =>
  z.int().check(z.refine((value) => value >= least && value <= most));

/** The form of a model; the server knows the finer rules. Engine arguments are written one per line. */
export const modelValues = z.object({
  name: z.string().check(z.trim(), z.minLength(1), atMostCharacters(100)),
  model_id: z.string().check(z.trim(), z.minLength(1)),
  description: z.string().check(z.trim(), atMostCharacters(2000)),
  licence: z.string().check(z.trim(), atMostCharacters(100)),
  kind: z.enum(kinds),
  engine: z.enum(engines),
  engine_arguments: z.string(),
  required_vram_gb: whole(ranges.required_vram_gb),
  context_length: whole(ranges.context_length),
  data_volume_gb: whole(ranges.data_volume_gb),
  is_active: z.boolean(),
});
export type ModelValues = z.infer<typeof modelValues>;

export const modelFields = [
  'name',
  'model_id',
  'description',
  'licence',
  'kind',
  'engine',
  'engine_arguments',
  'required_vram_gb',
  'context_length',
  'data_volume_gb',
  'is_active',
] as const satisfies (keyof ModelValues)[];

export const emptyModel: Partial<ModelValues> = {
  name: '',
  model_id: '',
  description: '',
  licence: '',
  kind: 'chat',
  engine: 'vllm',
  engine_arguments: '',
  // As empty number fields are: nothing was changed yet.
  required_vram_gb: Number.NaN,
  context_length: Number.NaN,
  data_volume_gb: 0,
  is_active: true,
};

export function valuesOf(model: Model): Partial<ModelValues> {
  const { name, model_id, description, licence, required_vram_gb, context_length, data_volume_gb, is_active } = model;
  return {
    name,
    model_id,
    description,
    licence,
    kind: kinds.find((kind) => kind === model.kind),
    engine: isEngine(model.engine) ? model.engine : undefined,
    engine_arguments: model.engine_arguments.join('\n'),
    required_vram_gb,
    context_length,
    data_volume_gb,
    is_active,
  };
}

export function requestOf({ engine_arguments, ...values }: ModelValues) {
  const lines = engine_arguments.split('\n').map((line) => line.trim());
  return { ...values, engine_arguments: lines.filter((line) => line !== '') };
}

const amount = /^\d{1,10}([.,]\d{1,6})?$/;

/** Euros per million tokens, with a point or a comma; without an amount for cached input it costs as other input does. */
export const priceValues = z.object({
  input_eur_per_1m: z.string().check(z.trim(), z.regex(amount)),
  cached_input_eur_per_1m: z.string().check(
    z.trim(),
    z.refine((text) => text === '' || amount.test(text)),
  ),
  output_eur_per_1m: z.string().check(z.trim(), z.regex(amount)),
});
export type PriceValues = z.infer<typeof priceValues>;

export const priceFields = [
  'input_eur_per_1m',
  'cached_input_eur_per_1m',
  'output_eur_per_1m',
] as const satisfies (keyof PriceValues)[];

export function priceRequestOf(values: PriceValues) {
  const decimal = (text: string) => text.replace(',', '.');
  return {
    input_eur_per_1m: decimal(values.input_eur_per_1m),
    cached_input_eur_per_1m: decimal(values.cached_input_eur_per_1m) || undefined,
    output_eur_per_1m: decimal(values.output_eur_per_1m),
  };
}
