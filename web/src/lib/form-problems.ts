import i18next from 'i18next';
import type { FieldError, FieldValues, Path, UseFormSetError } from 'react-hook-form';
import { asProblem } from '@/api/problem';
import { describeFieldProblem } from './problem-words';

/** What is wrong with a field: the server's word or that of a limit, where there is one, else what this form says of the field. */
export function fieldWords(problem: FieldError | undefined, ours: string): string | undefined {
  if (!problem) return undefined;
  return (problem.type === 'server' || problem.type === 'too_big') && problem.message ? problem.message : ours;
}

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
    setError(
      field,
      { type: 'server', message: describeFieldProblem(i18next.t, complaint) },
      { shouldFocus: placed === 0 },
    );
    placed += 1;
  }
  return complaints.length > 0 && placed === complaints.length;
}
