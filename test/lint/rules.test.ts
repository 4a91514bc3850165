/** Each rule finds what it is for, says what comes of it where the walker can show it, and is silent about the like that is right. */
import { describe, expect, it } from 'vitest';
import { consequenceText } from '../../src/lint/consequence.ts';
import { lint } from '../../src/lint/lint.ts';
import { type Outside } from '../../src/lint/rule.ts';
import { lintRules } from '../../src/lint/rules.ts';
import { isState, type Case, type Subject } from './cases/case.ts';
import { filterCases } from './cases/forwarding-and-filters.ts';
import { linkCases } from './cases/links.ts';
import { routeCases } from './cases/services-and-routes.ts';
import { tunnelCases } from './cases/tunnels.ts';
import { linted } from './linted.ts';

const cases: readonly Case[] = [...linkCases, ...routeCases, ...filterCases, ...tunnelCases];

const findingsIn = (subject: Subject, code: string, outside: Partial<Outside> = {}): ReturnType<typeof lint> => {
  const segments: Record<string, readonly string[]> =
    code === 'not-translated' ? { lan: ['router:lan', 'guest:eth0'], internet: ['router:wan'] } : {};
  const all = isState(subject)
    ? lint({ state: subject, outside })
    : linted(subject, code === 'not-translated' ? segments : undefined, outside);
  return all.filter((finding) => finding.code === code);
};

describe('the rules of lint', () => {
  it('have a case each', () => {
    expect([...new Set(cases.map(({ code }) => code))].sort()).toEqual(lintRules.map(({ code }) => code).sort());
  });

  for (const { code, about, faulty, right, says, shown, outside } of cases)
    it(`${code}${about === undefined ? '' : `, ${about}`}: finds it, and is silent where it is right`, () => {
      const found = findingsIn(faulty, code, outside);
      expect(found.map(({ message }) => message).join('\n')).toContain(says);
      const texts = found.flatMap(({ consequence }) => (consequence === undefined ? [] : consequenceText(consequence)));
      if (shown !== undefined) expect(texts.join('\n')).toContain(shown);
      expect(findingsIn(right, code, outside).map(({ message }) => message)).toEqual([]);
    });
});
