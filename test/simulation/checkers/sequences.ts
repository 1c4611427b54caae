import { formatZxid, type Zxid } from "../../../src/core/base/ids.ts";
import { OpCode } from "../../../src/core/protocol/op-codes.ts";
import type { MultiElement, Request } from "../../../src/core/protocol/requests.ts";
import { parentOf } from "../../../src/core/tree/path.ts";
import type { SubTxn, Txn } from "../../../src/core/txn/txn.ts";
import { hold } from "./violation.ts";

const sequentialFlags: readonly number[] = [2, 3, 6];

/** I18: a parent gives each sequential child a number above all that it gave before, as long as it lives. */
export class SequenceChecker {
  /** By parent: the number given last. */
  readonly #last = new Map<string, number>();

  /** What a request became: in the order of the log. */
  committed(request: Request, txn: Txn): void {
    if (txn.type !== OpCode.multi) return this.#created(request, txn, txn.zxid);
    if (request.type !== OpCode.multi) return;
    if (txn.body.txns.some(({ type }) => type === OpCode.error)) return;
    for (const [index, part] of txn.body.txns.entries()) {
      const element = request.body.elements[index];
      if (element !== undefined) this.#created(element, part, txn.zxid);
    }
  }

  #created(asked: Request | MultiElement, txn: SubTxn, zxid: Zxid): void {
    if (asked.type !== OpCode.create && asked.type !== OpCode.create2) return;
    if (txn.type !== OpCode.create && txn.type !== OpCode.create2) return;
    const { path } = txn.body;
    this.#last.delete(path);
    if (!sequentialFlags.includes(asked.body.flags)) return;
    const number = Number(path.slice(asked.body.path.length));
    const parent = parentOf(path);
    const last = this.#last.get(parent) ?? -1;
    hold(
      number > last,
      "I18 sequential names are new and ascend",
      () => `${path} at ${formatZxid(zxid)}, the last number below ${parent} is ${last}`,
    );
    this.#last.set(parent, number);
  }
}
