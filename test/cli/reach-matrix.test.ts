/** The matrix: what a sign says, and who may share a row. */
import { describe, expect, it } from 'vitest';
import { nameGroup, reachMatrix, type AnsweredPair } from '../../src/cli/reach-matrix.ts';

const pair = (from: string, to: string, answer: 'yes' | 'no' | 'uncertain', family: 4 | 6 = 4): AnsweredPair => ({
  from,
  to,
  family,
  answer,
});

describe('reachMatrix', () => {
  it('says which family works', () => {
    const { signs } = reachMatrix(
      [pair('a', 'b', 'yes', 4), pair('a', 'b', 'no', 6), pair('b', 'a', 'no', 4), pair('b', 'a', 'yes', 6)],
      false,
    );
    expect(signs).toEqual([
      ['', '4'],
      ['6', ''],
    ]);
  });

  it('says that some addresses of a family answer', () => {
    expect(reachMatrix([pair('a', 'b', 'yes'), pair('a', 'b', 'no')], false).signs[0]).toEqual(['', '±']);
  });

  it('says what is uncertain', () => {
    expect(reachMatrix([pair('a', 'b', 'yes'), pair('a', 'b', 'uncertain')], false).signs[0]).toEqual(['', '?']);
  });

  it('puts machines together that behave alike, and only those', () => {
    const names = ['w1', 'w2', 'w3', 'db', 'out'];
    const reaches = (from: string, to: string): boolean => to !== 'db' || from !== 'out';
    const pairs = names.flatMap((from) =>
      names.filter((to) => to !== from).map((to) => pair(from, to, reaches(from, to) ? 'yes' : 'no')),
    );
    const { groups, signs } = reachMatrix(pairs, true);
    expect(groups).toEqual([['w1', 'w2', 'w3'], ['db'], ['out']]);
    expect(signs).toEqual([
      ['✓', '✓', '✓'],
      ['✓', '', '✓'],
      ['✓', '✗', ''],
    ]);
  });

  it('does not put together what differs inside', () => {
    const names = ['a', 'b', 'c', 'd'];
    const isClose = (x: string, y: string): boolean => 'ab'.includes(x) === 'ab'.includes(y);
    const pairs = names.flatMap((from) =>
      names.filter((to) => to !== from).map((to) => pair(from, to, isClose(from, to) ? 'yes' : 'no')),
    );
    expect(reachMatrix(pairs, true).groups).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('names a group in full where that is short, else by its ends', () => {
    const clones = Array.from({ length: 20 }, (_, index) => `web-${index + 1}`);
    expect(nameGroup(['router', 'metal', 'app', 'db'])).toBe('router, metal, app, db');
    expect(nameGroup(clones)).toBe('web-1 … web-20 (20)');
  });
});
