import i18next from 'i18next';
import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import { asProblem } from '@/api/problem';

/**
 * Puts the refused fields of a 422 next to their inputs. True when every complaint found its input; otherwise the caller
 * shows the problem above the form.
 */
export function showFieldProblems<Values extends FieldValues>(
  error: unknown,
  fields: readonly Path<Values>[],
  setError: UseFormSetError<Values>,
): boolean {
  const complaints = asProblem(error).errors ?? [];
  let placed = 0;
  for (const complaint of complaints) {
    const field = fields.find((name) => complaint.field === name || complaint.field.startsWith(`${name}[`));
    if (!field) continue;
    setError(field, { type: 'server', message: sentence(complaint.message) }, { shouldFocus: placed === 0 });
    placed += 1;
  }
  return complaints.length > 0 && placed === complaints.length;
}

/** The API says "is taken" and leaves the subject to whoever shows it; a whole sentence stays as it is. */
function sentence(message: string): string {
  return /^\p{Ll}/u.test(message) ? i18next.t('problems.field', { message }) : message;
}
