import type { Zxid } from "../base/ids.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import type { Reply, ReplyBody } from "../protocol/replies.ts";
import type { Request } from "../protocol/requests.ts";

export const success = (request: Request, zxid: Zxid, body: ReplyBody): Reply => ({
  xid: request.xid,
  zxid,
  err: ErrorCode.OK,
  type: request.type,
  body,
});

export const failure = (xid: number, zxid: Zxid, err: ErrorCode, type: number): Reply => ({
  xid,
  zxid,
  err,
  type,
  body: undefined,
});
