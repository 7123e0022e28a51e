import * as z from 'zod/mini';
import { searchWords } from '@/lib/search-words';

const text = z.catch(z.optional(z.string().check(z.maxLength(200))), undefined);
const day = z.catch(z.optional(z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/))), undefined);
const id = z.catch(z.optional(z.uuid()), undefined);

const moment = z.catch(z.optional(z.iso.datetime()), undefined);

/**
 * What of the audit log lives in its address, so that a view of it can be passed on: every filter, and the entry that is open with its
 * time, by which it is found again.
 */
export const auditSearch = z.object({
  q: text,
  noun: text,
  from: day,
  to: day,
  actor: id,
  target: id,
  entry: id,
  at: moment,
});
export type AuditSearch = z.infer<typeof auditSearch>;
export type AuditFilters = Omit<AuditSearch, 'entry' | 'at'>;

/** The filters alone: opening an entry changes nothing about what is listed. */
export function withoutEntry({ q, noun, from, to, actor, target }: AuditSearch): AuditFilters {
  return { q, noun, from, to, actor, target };
}

/** The filters as the API takes them; days are the person's own, both included. */
export function filtersOf(search: AuditFilters) {
  return {
    q: searchWords(search.q) || undefined,
    action: search.noun ? `${search.noun}.` : undefined,
    actor: search.actor,
    target_id: search.target,
    from: search.from && startOfDay(search.from, 0),
    to: search.to && startOfDay(search.to, 1),
  };
}

function startOfDay(day: string, later: number): string | undefined {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const start = new Date(year, month - 1, date + later);
  return Number.isNaN(start.getTime()) ? undefined : start.toISOString();
}

/** Where the same entries can be had as a file. A link carries no header, so the workspace goes with it. */
export function exportAddress(search: AuditFilters, format: 'csv' | 'jsonl', workspace: string): string {
  const filters = Object.entries(filtersOf(search)).filter(([, value]) => value !== undefined) as [string, string][];
  return `/audit_log/export?${new URLSearchParams([['format', format], ...filters, ['workspace', workspace]])}`;
}
