import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { zonesQuery } from '@/features/deployments/queries';
import { useCan } from '@/features/session/session';

/** The name of a zone, as everywhere: "Paris 1 (Mock)". Its code is for those who may not read the catalogue of places. */
export function usePlaceName(): (code: string) => string {
  const zones = useQuery({ ...zonesQuery, enabled: useCan('settings.read') }).data?.items;
  return useCallback((code) => zones?.find((zone) => zone.code === code)?.name ?? code, [zones]);
}
