/** Lines that connect Alertmanager with the console at `origin`, ready to paste. */

export function webhookConfig(origin: string): string {
	return `route:
  receiver: trivet
  group_by: [alertname, service_name]
receivers:
  - name: trivet
    webhook_configs:
      - url: ${origin}/api/alerts
        send_resolved: true`;
}

/** One alert that fires from the moment it is pasted. */
export function sampleAlert(origin: string): string {
	return `NOW=$(date -u +%Y-%m-%dT%H:%M:%SZ)
curl ${origin}/api/alerts -H 'content-type: application/json' -d '{"version":"4",
  "groupKey":"by-hand","status":"firing","receiver":"trivet","alerts":[{"status":"firing",
    "labels":{"alertname":"HighErrorRate","service_name":"payment","severity":"critical"},
    "annotations":{"summary":"More than 5 % of the requests fail"},
    "startsAt":"'$NOW'","endsAt":"0001-01-01T00:00:00Z","fingerprint":"by-hand"}]}'`;
}
