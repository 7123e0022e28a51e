/** The numbers and names that a sentence of the server holds. */
export type Params = Record<string, string | number | (string | number)[]>;

/** One refused field of a 422 answer; `field` is a path such as `allowed_models[0]`. */
export type FieldProblem = { field: string; code: string; message: string; params?: Params };

/** RFC 9457 as our API sends it. `status` 0 means that no answer came at all. */
export type Problem = {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  params?: Params;
  request_id?: string;
  permission?: string;
  errors?: FieldProblem[];
  /** Seconds, from the header of the same name. */
  retryAfter?: number;
};

/** Every failed request ends as this error, whatever came back. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title ?? problem.code);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** Reads a refused answer; a body that isn't a problem document (a proxy's page, say) still gets a code. */
export function problemFrom(response: Response, body: unknown): Problem {
  const document = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return {
    ...document,
    status: response.status,
    code: typeof document.code === 'string' ? document.code : `http_${response.status}`,
    request_id: document.request_id ?? response.headers.get('x-request-id') ?? undefined,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
  };
}

/** Whether nothing answered, so that the bar of the whole console says all there is to say. */
export function isUnreachable(error: unknown): boolean {
  return ['unreachable', 'http_502', 'http_503', 'http_504'].includes(asProblem(error).code);
}

export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof TypeError) return { status: 0, code: 'unreachable' };
  return { status: 0, code: 'unexpected', detail: error instanceof Error ? error.message : undefined };
}
