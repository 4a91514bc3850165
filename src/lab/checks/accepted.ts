/** Findings that can be meant: a slip of the pen in `accept` would accept nothing, silently. */
import { type Path, type SpecData, type Spec } from '../../spec/spec.ts';
import { type Findings } from '../findings.ts';
import { helpForUnknown } from '../unknown-name.ts';

const acceptable: readonly string[] = [
  'dhcp-without-server',
  'gateway-outside-subnet',
  'route-loop',
  'same-subnet-twice',
  'two-default-routes',
];

export const checkAccepted = (spec: Spec, findings: Findings): void => {
  for (const { codes, path } of written(spec.data))
    for (const [index, code] of (codes ?? []).entries()) {
      if (acceptable.includes(code)) continue;
      const message = `\`${code}\` is not a finding that can be accepted`;
      findings.error('unknown-finding', message, spec.source.spanOf([...path, index]), {
        help: helpForUnknown(code, acceptable, 'findings that can be accepted'),
      });
    }
};

interface Accepting {
  readonly codes: readonly string[] | undefined;
  readonly path: Path;
}

const written = (data: SpecData): readonly Accepting[] => {
  const section = (
    key: Path,
    record: Readonly<Record<string, { readonly accept?: readonly string[] | undefined }>> | undefined,
  ): Accepting[] =>
    Object.entries(record ?? {}).map(([name, { accept }]) => ({ codes: accept, path: [...key, name, 'accept'] }));
  return [
    { codes: data.accept, path: ['accept'] },
    ...section(['outside', 'networks'], data.outside?.networks),
    ...section(['outside', 'machines'], data.outside?.machines),
    ...section(['hosts'], data.hosts),
    ...section(['networks'], data.networks),
    ...section(['machines'], data.machines),
  ];
};
