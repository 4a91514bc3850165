/** Text that arrives in pieces, as lines. A line may be long (a whole state is one), so pieces are joined only once. */
import { type Socket } from 'node:net';

export const onLine = (socket: Socket, hear: (line: string) => void): void => {
  let pieces: string[] = [];
  socket.setEncoding('utf8').on('data', (text: string) => {
    const [end = '', ...more] = text.split('\n');
    pieces.push(end);
    for (const piece of more) {
      hear(pieces.join(''));
      pieces = [piece];
    }
  });
};
