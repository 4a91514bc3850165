/** Commands of a repair as `machine# words`, without the comments that nftables keeps. */
import { type Repair } from '../../../src/reach/repair/repair.ts';

export const wordsOf = ({ commands }: Pick<Repair, 'commands'>): readonly string[] =>
  commands.map(({ machine, argv }) => {
    const comment = argv.indexOf('comment');
    return `${machine}# ${(comment < 0 ? argv : argv.slice(0, comment)).join(' ')}`;
  });
