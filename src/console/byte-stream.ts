/** A WebSocket read as a stream of bytes for a handshake; what was not read by its end stays for whoever goes on. */
import type { RawData, WebSocket } from 'ws';
import { ProxboxError } from '../errors/proxbox-error.js';

/** A WebSocket of the server or of the client: the two have types of their own. */
export type Socket = Pick<
  WebSocket,
  'bufferedAmount' | 'readyState' | 'OPEN' | 'on' | 'once' | 'off' | 'send' | 'close' | 'pause' | 'resume'
>;

export interface ByteStream {
  /** @throws ProxboxError `cancelled` when the connection ends before */
  read(length: number): Promise<Buffer>;
  readByte(): Promise<number>;
  send(bytes: Buffer): void;
  /** Ends the reading; answers what had come and was not read. The socket is paused. */
  release(): Buffer;
}

/** A message as bytes, however the library delivers it. */
export function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}

export function readBytes(socket: Socket): ByteStream {
  let buffered = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let hasEnded = false;
  const onMessage = (data: RawData): void => {
    buffered = Buffer.concat([buffered, bytesOf(data)]);
    wake();
  };
  const onClose = (): void => {
    hasEnded = true;
    wake();
  };
  socket.on('message', onMessage);
  socket.once('close', onClose);
  socket.resume();

  const read = async (length: number): Promise<Buffer> => {
    while (buffered.length < length) {
      if (hasEnded) throw new ProxboxError('cancelled', 'The connection ended during the handshake.');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const bytes = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    return bytes;
  };
  return {
    read,
    readByte: async () => (await read(1))[0] ?? 0,
    send: (bytes) => socket.send(bytes),
    release: () => {
      socket.pause();
      socket.off('message', onMessage);
      socket.off('close', onClose);
      return buffered;
    },
  };
}
