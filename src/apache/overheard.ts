import { ProtocolError } from "../core/base/assert.ts";
import { FrameSplitter } from "../core/jute/frames.ts";
import { Reader } from "../core/jute/reader.ts";
import { Writer } from "../core/jute/writer.ts";
import { InitialMessage } from "../core/packets/notification.ts";
import { ConnectResponse } from "../core/protocol/connect.ts";
import { greetingSize } from "../runtime/election-conversation.ts";

type Through = (bytes: Uint8Array) => Uint8Array;

const connectResponseBytesMax = 64;
const nothing = new Uint8Array(0);

/** Passes a server's bytes on, and tells of the answer to a client's handshake, where they begin with one. */
export function overheard(tell: (response: ConnectResponse) => void): Through {
  let frames: FrameSplitter | undefined = new FrameSplitter(connectResponseBytesMax);
  return (bytes) => {
    if (frames === undefined) return bytes;
    try {
      frames.push(bytes);
      if (!frames.next()) return bytes;
      tell(ConnectResponse.read(new Reader(frames.bytes, frames.start, frames.end)));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error; // the answer to a word
    }
    frames = undefined;
    return bytes;
  };
}

/**
 * Passes a peer's bytes on with another address where it introduces itself: a higher peer that is called on the election channel
 * hangs up and calls back there (`QuorumCnxManager.handleConnection`), which would be past the proxy.
 */
export function redirected(address: string): Through {
  let begun: Uint8Array | undefined = nothing;
  return (bytes) => {
    if (begun === undefined) return bytes;
    const whole = Buffer.concat([begun, bytes]);
    const size = greetingSize(whole);
    begun = size === undefined ? whole : undefined;
    if (size === undefined) return nothing;
    if (size <= 8) return whole; // of an age that says no address, or no introduction at all
    const hello = InitialMessage.read(new Reader(whole, 0, size));
    const writer = new Writer();
    InitialMessage.write(writer, { ...hello, address });
    writer.raw(whole.subarray(size));
    return writer.copy();
  };
}
