import { type Asked, failure } from "./errors.ts";
import { clientPath, serverPath } from "./paths.ts";
import type { Answer, Call, CallType } from "./requests.ts";
import type { Session } from "./session.ts";

/** A session seen through a chroot: what every operation is asked with. */
export class Caller {
  readonly session: Session;
  readonly chroot: string;

  constructor(session: Session, chroot: string) {
    this.session = session;
    this.chroot = chroot;
  }

  /** The server's path for the caller's, which is checked. */
  path(asked: Asked & { readonly path: string }): string {
    return serverPath(this.chroot, asked);
  }

  localPath(path: string): string {
    return clientPath(this.chroot, path);
  }

  async ask<T extends CallType, R>(asked: Asked, call: Call<T, R>): Promise<R> {
    return valueFrom(await this.session.request(call), asked);
  }
}

/** Made where the caller waits, so that the error's stack leads to the call. */
export function valueFrom<R>({ err, why, value }: Answer<R>, asked: Asked): R {
  if (err !== 0 || value === undefined) throw failure(err, asked, why);
  return value;
}
