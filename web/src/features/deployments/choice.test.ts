import { describe, expect, it } from 'vitest';
import type { InstanceType } from '@/api/shapes';
import { choiceFrom, deploymentChoice, keepOffered, searchOf, seemsToFit, typesIn, zonesOf } from './choice';

const uuid = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const type = (id: string, cost: string, zones: [zone: string, available: boolean, cost: string | null][]) =>
  ({
    id,
    is_active: true,
    gpu_count: 2,
    vram_per_gpu_gb: 24,
    cost_per_hour_eur: cost,
    zones: zones.map(([zone_id, is_available, cost_per_hour_eur]) => ({
      zone_id,
      is_available,
      cost_per_hour_eur,
      zone_code: zone_id,
    })),
  }) as InstanceType;

const types = [
  type('dear', '5', [['north', true, null]]),
  type('cheap', '9', [
    ['north', true, '1.5'],
    ['south', false, '1'],
  ]),
];

describe('the choice', () => {
  it('needs all three parts', () => {
    const complete = { model_id: uuid(1), zone_id: uuid(2), instance_type_id: uuid(3) };
    expect(deploymentChoice.safeParse(complete).success).toBe(true);
    for (const field of Object.keys(complete)) {
      expect(deploymentChoice.safeParse({ ...complete, [field]: '' }).success).toBe(false);
    }
  });

  it('drops an instance type that the newly chosen zone does not offer', () => {
    expect(keepOffered({ zone_id: 'north', instance_type_id: 'dear' }, types).instance_type_id).toBe('dear');
    expect(keepOffered({ zone_id: 'south', instance_type_id: 'dear' }, types).instance_type_id).toBeUndefined();
    expect(keepOffered({ zone_id: 'south', instance_type_id: 'cheap' }, types).instance_type_id).toBeUndefined();
  });
});

describe('the address of a choice', () => {
  const offer = { models: [{ id: 'small' }], zones: [{ id: 'north' }, { id: 'south' }], types };

  it('brings back what was chosen', () => {
    const choice = { model_id: 'small', zone_id: 'north', instance_type_id: 'dear' };
    expect(choiceFrom(searchOf(choice), offer)).toEqual(choice);
    expect(searchOf(choiceFrom({ model: 'small' }, offer))).toEqual({ model: 'small' });
  });

  it("drops what can't be had, or not together", () => {
    const gone = { model: 'gone', zone: 'gone', type: 'dear' };
    expect(choiceFrom(gone, offer)).toEqual({ model_id: '', zone_id: '', instance_type_id: '' });
    const apart = { model: 'small', zone: 'south', type: 'dear' };
    expect(choiceFrom(apart, offer)).toEqual({ model_id: 'small', zone_id: 'south', instance_type_id: '' });
  });
});

describe('the offer of a zone', () => {
  it("is sorted by the zone's own price, the cheapest first", () => {
    expect(typesIn('north', types).map((offer) => [offer.type.id, offer.price])).toEqual([
      ['cheap', '1.5'],
      ['dear', '5'],
    ]);
  });

  it('counts the memory of all GPUs', () => {
    expect(seemsToFit({ gpu_count: 2, vram_per_gpu_gb: 24 }, { required_vram_gb: 48 })).toBe(true);
    expect(seemsToFit({ gpu_count: 1, vram_per_gpu_gb: 24 }, { required_vram_gb: 48 })).toBe(false);
  });
});

it("lists a provider's zones as people count", () => {
  const zone = (name: string, code: string, provider_id = 'ours') => ({ name, code, provider_id });
  const zones = [
    zone('Paris 10', 'par-10'),
    zone('Warsaw', 'waw-1'),
    zone('Paris 2', 'par-2'),
    zone('Paris 1', 'par-1b'),
    zone('Paris 1', 'par-1a'),
    zone('Paris 3', 'par-3', 'theirs'),
  ];
  expect(zonesOf('ours', zones).map(({ code }) => code)).toEqual(['par-1a', 'par-1b', 'par-2', 'par-10', 'waw-1']);
});
