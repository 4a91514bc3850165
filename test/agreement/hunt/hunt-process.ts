/** What runs in the bed of a hunt. */
import { serveBed } from '../bed/serve-bed.ts';
import { openHunt, hunting, type Hunt } from './hunt.ts';
import { type HuntAnswer, type HuntQuestion } from './questions.ts';
import { shrink, type Shrunk } from './shrink.ts';
import { replay, type Trial } from './trial.ts';

serveBed(() => {
  let hunt: Hunt | undefined;
  return async (question: HuntQuestion): Promise<HuntAnswer | Shrunk | Trial[] | null> => {
    hunt ??= question.ask === 'hunt' ? openHunt(question.firstSeed, question.strength) : openHunt(1, 2);
    switch (question.ask) {
      case 'hunt': {
        await hunting(hunt, question);
        const { tally, coverage, mismatches, troubles } = hunt;
        return { tally, coverage, mismatches, troubles: [...troubles] };
      }
      case 'shrink':
        return (
          (await shrink(
            hunt.pairs.map(({ second }) => second),
            question.case,
            question.maxMs,
          )) ?? null
        );
      case 'replay':
        return replay(
          hunt.pairs.map(({ second }) => second),
          question.cases,
        );
    }
  };
});
