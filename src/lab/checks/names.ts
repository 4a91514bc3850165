/** One name, one thing: machines of all kinds, networks and groups share one set of names, since policies use them all. */
import { type Path, type Spec } from '../../spec/spec.ts';
import { type Findings } from '../findings.ts';
import { internetName } from '../internet.ts';

interface Named {
  readonly name: string;
  readonly what: string;
  readonly path: Path;
}

/** Words of the language where a name could stand. */
const reserved: readonly string[] = [internetName, 'any', 'none', 'auto', 'default', 'last'];

export const checkNames = (spec: Spec, findings: Findings): void => {
  const { data, source } = spec;
  const named = (what: string, key: Path, record: object | undefined): Named[] =>
    Object.keys(record ?? {}).map((name) => ({ name, what, path: [...key, name] }));
  const all = [
    ...named('an outside network', ['outside', 'networks'], data.outside?.networks),
    ...named('an outside machine', ['outside', 'machines'], data.outside?.machines),
    ...named('a host', ['hosts'], data.hosts),
    ...named('a network', ['networks'], data.networks),
    ...named('a machine', ['machines'], data.machines),
    ...named('a group', ['groups'], data.groups),
  ];
  const first = new Map<string, Named>();
  for (const one of all) {
    const at = source.keySpanOf(one.path);
    if (reserved.includes(one.name))
      findings.error(
        'reserved-name',
        `\`${one.name}\` has a meaning of its own here, and cannot name ${one.what}`,
        at,
        {
          help:
            one.name === internetName
              ? 'use the built-in `internet` as it is, or choose another name'
              : 'choose another name',
        },
      );
    const other = first.get(one.name);
    if (other === undefined) first.set(one.name, one);
    else
      findings.error('name-used-twice', `\`${one.name}\` names ${other.what} and ${one.what}`, at, {
        notes: [{ message: `\`${one.name}\` is ${other.what} here`, at: source.keySpanOf(other.path) }],
        help: 'rename one of the two',
      });
  }
};
