export type TextPart = { code: false; text: string } | { code: true; language: string; text: string };

/** Separates fenced code from prose. A fence that isn't closed yet runs to the end, because the answer is still arriving. */
export function splitCode(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let prose: string[] = [];
  let code: { language: string; lines: string[] } | null = null;
  const endProse = () => {
    const joined = prose.join('\n').trim();
    if (joined) parts.push({ code: false, text: joined });
    prose = [];
  };
  for (const line of text.split('\n')) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (code) {
      if (fence) {
        parts.push({ code: true, language: code.language, text: code.lines.join('\n') });
        code = null;
      } else code.lines.push(line);
    } else if (fence) {
      endProse();
      code = { language: (fence[1] ?? '').trim(), lines: [] };
    } else prose.push(line);
  }
  if (code) parts.push({ code: true, language: code.language, text: code.lines.join('\n') });
  endProse();
  return parts;
}
