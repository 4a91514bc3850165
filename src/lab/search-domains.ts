/** The domains that the members of a network look names up in. Who is told of no name server is told of no domain either. */
import { type Context } from './context.ts';
import { type DraftNetwork } from './draft.ts';

export const searchOf = (context: Context, network: DraftNetwork): readonly string[] | undefined => {
  const { search, dns } = network.spec;
  if (search === undefined) return undefined;
  const isTold = context.spec.data.dns !== undefined && (dns ?? network.kind === 'made') !== false;
  if (isTold) return typeof search === 'string' ? [search] : [...new Set(search)];
  context.findings.error(
    'search-without-servers',
    `the members of \`${network.name}\` are to look names up in domains, and are told of no name server`,
    context.spec.source.spanOf([...network.path, 'search']),
    {
      help:
        context.spec.data.dns === undefined
          ? 'name one: `dns: { servers: MACHINE }`'
          : `write \`dns: true\` at \`${network.name}\`, or take \`search\` out`,
    },
  );
  return undefined;
};
