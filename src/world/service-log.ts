/** What the programs of a world say, as far back as it is kept: whole lines, each with the time it was said. */

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

const linesKept = 500;

export interface ServiceLog {
  readonly lines: LogLine[];
  /** The beginning of a line whose end is yet to come. */
  rest: string;
}

export const newLog = (): ServiceLog => ({ lines: [], rest: '' });

const keep = (log: ServiceLog, texts: readonly string[]): void => {
  const at = Date.now();
  log.lines.push(...texts.filter((text) => text.trim() !== '').map((text) => ({ at, text })));
  log.lines.splice(0, Math.max(0, log.lines.length - linesKept));
};

/** A piece of what a program prints. */
export const hear = (log: ServiceLog, piece: string): void => {
  const lines = (log.rest + piece).split('\n');
  log.rest = lines.pop() ?? '';
  keep(log, lines);
};

/** Something that the supervisor has to say of the program; what it left unfinished comes before. */
export const note = (log: ServiceLog, text: string): void => {
  keep(log, [log.rest, text]);
  log.rest = '';
};

export const wordsOf = ({ lines }: ServiceLog): readonly string[] => lines.map(({ text }) => text);
