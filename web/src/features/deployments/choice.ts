import * as z from 'zod/mini';
import type { InstanceType, Model, Zone } from '@/api/shapes';
import { atMostCharacters } from '@/lib/field-rules';

/** One choice per step, all needed. */
export const deploymentChoice = z.object({
  model_id: z.uuid(),
  zone_id: z.uuid(),
  instance_type_id: z.uuid(),
});
export type DeploymentChoice = z.infer<typeof deploymentChoice>;

/** The wizard's form: the choices, and a name that need not be. */
export const deploymentValues = z.extend(deploymentChoice, { name: z.string().check(z.trim(), atMostCharacters(100)) });
export type DeploymentValues = z.infer<typeof deploymentValues>;

/** What of the wizard lives in its address: what was chosen so far. */
export const deploySearch = z.object({
  model: z.catch(z.optional(z.string()), undefined),
  zone: z.catch(z.optional(z.string()), undefined),
  type: z.catch(z.optional(z.string()), undefined),
});
export type DeploySearch = z.infer<typeof deploySearch>;

type Offer = { models: Pick<Model, 'id'>[]; zones: Pick<Zone, 'id'>[]; types: InstanceType[] };

/** The choices of an address, as far as they can still be had. */
export function choiceFrom({ model, zone, type }: DeploySearch, offer: Offer): DeploymentChoice {
  const offered = (id: string | undefined, among: { id: string }[]) => among.find((one) => one.id === id)?.id ?? '';
  const zone_id = offered(zone, offer.zones);
  const { instance_type_id } = keepOffered({ zone_id, instance_type_id: type }, offer.types);
  return { model_id: offered(model, offer.models), zone_id, instance_type_id: instance_type_id ?? '' };
}

/** The address of these choices. */
export function searchOf(choice: Partial<DeploymentChoice>): DeploySearch {
  return {
    model: choice.model_id || undefined,
    zone: choice.zone_id || undefined,
    type: choice.instance_type_id || undefined,
  };
}

/** Gigabytes of GPU memory of one machine. */
export function totalVram(type: Pick<InstanceType, 'gpu_count' | 'vram_per_gpu_gb'>): number {
  return type.gpu_count * type.vram_per_gpu_gb;
}

/** A first opinion for the list; the dry run on the chosen type decides. */
export function seemsToFit(
  type: Pick<InstanceType, 'gpu_count' | 'vram_per_gpu_gb'>,
  model: Pick<Model, 'required_vram_gb'>,
): boolean {
  return totalVram(type) >= model.required_vram_gb;
}

/** A provider's zones as people count: by name, "Paris 2" before "Paris 10"; those of the same name by code. */
export function zonesOf<Place extends Pick<Zone, 'provider_id' | 'name' | 'code'>>(
  providerId: string,
  zones: readonly Place[],
): Place[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return zones
    .filter((zone) => zone.provider_id === providerId)
    .sort((left, right) => compare(left.name, right.name) || compare(left.code, right.code));
}

export type OfferedType = { type: InstanceType; price: string | null; available: boolean };

/** What can be had in a zone, the cheapest first, with the price there. */
export function typesIn(zoneId: string, types: InstanceType[]): OfferedType[] {
  return types
    .flatMap((type) => {
      const place = type.zones.find((zone) => zone.zone_id === zoneId);
      if (!type.is_active || !place) return [];
      return [
        { type, price: place.cost_per_hour_eur ?? type.cost_per_hour_eur ?? null, available: place.is_available },
      ];
    })
    .sort(
      (left, right) => Number(left.price ?? Number.POSITIVE_INFINITY) - Number(right.price ?? Number.POSITIVE_INFINITY),
    );
}

/** The chosen parts that no longer belong together are dropped: a type that the zone doesn't offer. */
export function keepOffered(choice: Partial<DeploymentChoice>, types: InstanceType[]): Partial<DeploymentChoice> {
  if (!choice.instance_type_id) return choice;
  const offered = choice.zone_id ? typesIn(choice.zone_id, types) : [];
  const kept = offered.some(({ type, available }) => available && type.id === choice.instance_type_id);
  return kept ? choice : { ...choice, instance_type_id: undefined };
}
