/** Files of ufw that are edited say what is wanted, or it is told; what is not about a change stays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPart } from '../../../src/dialects/differences.ts';
import { type ConfigText } from '../../../src/dialects/dialect.ts';
import { ufw } from '../../../src/dialects/ufw/dialect.ts';
import { type Policies } from '../../../src/dialects/ufw/skeleton.ts';
import { type NetworkState } from '../../../src/state/network-state.ts';
import { stateOf } from '../any-part.ts';
import { anyRule, anyRuleSet, textsOf, type RuleSet } from './arbitrary.ts';
import { isUfwMissing, runRealUfw, spelt } from './real-ufw.ts';

const stateIn = (texts: readonly ConfigText[]): NetworkState =>
  stateOf(normalPart(ufw.read(texts, { stack: 'm' }).stacks['m']));

/** With comments of somebody's in every file. */
const commented = (texts: readonly ConfigText[]): readonly ConfigText[] =>
  texts.map(({ path, text }) => ({
    path,
    text: text
      .split('\n')
      .flatMap((line, at) => (at % 4 === 1 && line !== '' ? [`# no. ${at} of ${path}`, line] : [line]))
      .join('\n'),
  }));

const commentsIn = (text: string | undefined): readonly string[] =>
  (text ?? '').split('\n').filter((line) => line.startsWith('# no.'));

const filesOf = (rules: RuleSet): readonly ConfigText[] => {
  const written = ufw.write?.(stateIn(textsOf(rules)), 'm').files ?? [];
  return commented(written);
};

const plain: RuleSet = {
  policies: { input: 'DROP', output: 'ACCEPT', forward: 'DROP' },
  logLevel: 'low',
  limits: 'logged',
  rules: { 4: [], 6: [] },
  isClosed: false,
  extra: [0, 1, 3],
};

const expectEdited = (before: RuleSet, wanted: RuleSet): readonly ConfigText[] => {
  const files = filesOf(before);
  const state = stateIn(textsOf(wanted));
  const edited = ufw.edit?.(files, state, 'm');
  expect(edited?.omissions).toEqual([]);
  expect(stateIn(edited?.files ?? [])).toEqual(state);
  for (const { path, text } of files)
    expect(commentsIn(edited?.files.find((file) => file.path === path)?.text)).toEqual(commentsIn(text));
  return edited?.files ?? [];
};

describe('files of ufw that are edited', () => {
  it('say whatever rules of the command line are wanted', () => {
    const lists = fc.record({ 4: fc.array(anyRule(4), { maxLength: 5 }), 6: fc.array(anyRule(6), { maxLength: 5 }) });
    fc.assert(
      fc.property(lists, lists, (before, wanted) => {
        expectEdited({ ...plain, rules: before }, { ...plain, rules: wanted });
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it('keep every rule that stays, with its tuple', () => {
    fc.assert(
      fc.property(fc.array(anyRule(4), { minLength: 1, maxLength: 6 }), fc.nat(5), anyRule(4), (rules, at, fresh) => {
        const before = { ...plain, rules: { 4: rules, 6: [] } };
        const wanted = { ...plain, rules: { 4: rules.toSpliced(at, 0, fresh), 6: [] } };
        const text = (files: readonly ConfigText[]): string =>
          files.find(({ path }) => path === 'etc/ufw/user.rules')?.text ?? '';
        const [old, now] = [text(filesOf(before)), text(expectEdited(before, wanted))].map((whole) =>
          whole.split('\n'),
        );
        let next = 0;
        for (const line of now ?? []) if (line === old?.[next]) next += 1;
        expect(next).toBe(old?.length);
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it.each<Partial<Policies>>([{ input: 'ACCEPT' }, { input: 'REJECT' }, { output: 'DROP', forward: 'ACCEPT' }])(
    'say policies: %j',
    (policies) => {
      const files = textsOf({ ...plain, logLevel: undefined });
      const wanted = stateIn(textsOf({ ...plain, logLevel: undefined, policies: { ...plain.policies, ...policies } }));
      const edited = ufw.edit?.(files, wanted, 'm');
      expect(edited?.omissions).toEqual([]);
      expect(stateIn(edited?.files ?? [])).toEqual(wanted);
      expect(edited?.files.slice(1)).toEqual(files.slice(1));
    },
  );

  it('say any other set of rules, or it is told', () => {
    fc.assert(
      fc.property(anyRuleSet, anyRuleSet, (before, after) => {
        const files = filesOf(before);
        expect(ufw.edit?.(files, stateIn(files), 'm')).toEqual({ files, omissions: [] });
        const wanted = stateIn(textsOf(after));
        const edited = ufw.edit?.(files, wanted, 'm');
        if (edited?.omissions.length === 0) expect(stateIn(edited.files)).toEqual(wanted);
        else expect(stateIn(edited?.files ?? [])).not.toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('tell what a printed status cannot be changed to', () => {
    const status = [
      {
        path: 'p',
        text: 'Status: active\n\nTo      Action      From\n--      ------      ----\n22/tcp  ALLOW IN    Anywhere\n',
      },
    ];
    const { files, omissions } = ufw.edit?.(status, stateIn(textsOf(plain)), 'm') ?? {};
    expect(files).toEqual(status);
    expect(omissions?.length).toBeGreaterThan(0);
  });

  it.skipIf(isUfwMissing)(
    'are loaded by ufw as they are read',
    () => {
      const sets = fc.array(anyRule(4), { minLength: 2, maxLength: 5 });
      fc.assert(
        fc.property(sets, sets, (before, wanted) => {
          const files = expectEdited(
            { ...plain, rules: { 4: before, 6: [] } },
            { ...plain, rules: { 4: wanted, 6: [] } },
          );
          const { told, filter } = runRealUfw(['--force enable'], files);
          expect(told).toEqual(['Firewall is active and enabled on system startup']);
          expect(spelt(filter)).toEqual(spelt(stateIn(files).stacks['m']?.filter ?? []));
        }),
        { numRuns: 4 },
      );
    },
    120_000,
  );
});
