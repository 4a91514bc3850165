/**
 * One line on standard error that says how far something is: only on a terminal, and only once a second has passed.
 */
import { say, widthOf } from './terminal.ts';

const quietMs = 1000;
const pauseMs = 100;

export interface Progress {
  report(done: number, total: number, text: string): void;
  /** A line that stays, on a terminal or not. */
  say(text: string): void;
  /** Clears the line. */
  end(): void;
}

export const startProgress = (): Progress => {
  if (!process.stderr.isTTY) return { report: () => undefined, say, end: () => undefined };
  const begun = performance.now();
  let last = 0;
  let isShown = false;
  return {
    report: (done, total, text) => {
      const now = performance.now();
      if (now - begun < quietMs || now - last < pauseMs) return;
      last = now;
      isShown = true;
      process.stderr.write(`\r\u001b[K${`${done}/${total} ${text}`.slice(0, widthOf(process.stderr) - 1)}`);
    },
    say: (text) => {
      if (isShown) process.stderr.write('\r\u001b[K');
      say(text);
    },
    end: () => {
      if (isShown) process.stderr.write('\r\u001b[K');
      isShown = false;
    },
  };
};
