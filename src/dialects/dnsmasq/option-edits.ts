/** Values of single lines of dnsmasq.conf(5), rewritten: name, blanks and comment of a line stay. */
import { plainLines } from '../line-edits.ts';
import { type ConfigText } from '../dialect.ts';
import { optionIn, type Option } from './option-lines.ts';

/** A line with an option, in one of several texts. */
export interface PlacedOption extends Option {
  /** Which text it is in, counted from 0. */
  readonly text: number;
  /** The line as it stands there, without its end. */
  readonly raw: string;
}

export const placedOptions = (texts: readonly ConfigText[]): readonly PlacedOption[] =>
  texts.flatMap(({ text }, index) =>
    plainLines(text).flatMap((raw, at) => {
      const option = optionIn({ number: at + 1, text: raw });
      return option === undefined ? [] : [{ ...option, text: index, raw }];
    }),
  );

/** The parts between commas as they are written, or undefined where quotes may hide commas. */
export const writtenParts = ({ value = '' }: Option): readonly string[] | undefined =>
  /["\\]/.test(value) ? undefined : value.split(',');

/** The line with other parts. */
export const withParts = ({ raw, value = '' }: PlacedOption, parts: readonly string[]): string => {
  const at = raw.indexOf(value, raw.indexOf('=') + 1);
  return raw.slice(0, at) + parts.join(',') + raw.slice(at + value.length);
};
