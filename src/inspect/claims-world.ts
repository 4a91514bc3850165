/** In a running lab Lanwright made what has an index of its own choosing, which are all above 100; others came later. */
import { type ClaimsOf } from './claim.ts';

const lastIndexOfOthers = 100;

export const lanwright = 'Lanwright';

export const worldClaims: ClaimsOf = ({ world, links }) =>
  world === undefined
    ? []
    : links
        .filter(({ index }) => index > lastIndexOfOthers)
        .flatMap(({ name }) =>
          (['made', 'runs'] as const).map((does) => ({
            ...{ interface: name, program: lanwright, does },
            evidence: `machine \`${world.machine}\` of lab \`${world.lab}\``,
          })),
        );
