/** Something as it was when it was read, and the version that says so: for `If-Match`. */
export type Tagged<T> = { value: T; tag: string | undefined };

/** An answer with its version; refusals have already been thrown as `ProblemError`. */
export async function tagged<T>(answer: Promise<{ data?: T; response: Response }>): Promise<Tagged<T>> {
  const { data, response } = await answer;
  return { value: data as T, tag: response.headers.get('etag') ?? undefined };
}
