import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

/** A record's two directions; property order in `read`'s literal is the field order of `zookeeper.jute`. */
export interface Codec<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

/** The bytes of one record, its own. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.copy();
}

/** One record from bytes; what follows it is ignored, as Java does. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  return codec.read(new Reader(bytes));
}
