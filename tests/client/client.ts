import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./schema.js";

export const client = (address: string, token: string) =>
  createClient<paths>({
    baseUrl: address,
    headers: { Authorization: `Bearer ${token}` },
    querySerializer: { array: { style: "form", explode: false } }, // any of: status=candidate,deferred
  });

export async function accept(api: Client<paths>, id: string, etag: string): Promise<string> {
  const params = { path: { id }, header: { "If-Match": etag } };
  const { data, error } = await api.POST("/api/v1/claims/{id}/accept", { params, body: { risk: "high" } });
  if (data) return `${data.text} is ${data.status}.`;
  if (error.code === "stale_version") return `${error.changed_by ?? "A job"} changed ${error.changed_fields.join(", ")}.`;
  return error.detail;
}
