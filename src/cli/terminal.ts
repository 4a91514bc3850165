/**
 * The streams of the command line: what is written where, how wide, and whether in colour.
 * Results go to standard output, everything said about them to standard error.
 */
export const print = (text: string): void => {
  process.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
};

export const say = (text: string): void => {
  process.stderr.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
};

interface Face {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Colour only where a person looks, and never against their wish (https://no-color.org). */
export const hasColour = (stream: Face = process.stdout): boolean =>
  stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';

/** Columns of the terminal; without one, nothing limits a line. */
export const widthOf = (stream: Face = process.stdout): number => {
  // A terminal that does not know its size says 0.
  const columns = stream.columns ?? 0;
  if (stream.isTTY === true) return columns === 0 ? 80 : Math.max(20, columns);
  const asked = Number(process.env['COLUMNS']);
  return Number.isInteger(asked) && asked >= 20 ? asked : Number.POSITIVE_INFINITY;
};

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;
export type Style = keyof typeof codes;
export type Paint = (style: Style, text: string) => string;

/** A painter that leaves text as it is where colour is not wanted. */
export const painter = (colour: boolean): Paint =>
  colour ? (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m` : (_, text) => text;

/** A reader that has seen enough (`| head`) is no fault: end quietly. */
export const endQuietlyOnClosedPipe = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? 0);
    });
  }
};
