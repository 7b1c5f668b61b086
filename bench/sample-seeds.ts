/** Seeds that belong to the sample feed, by name: invented rates and an override, which must never affect the figures of another feed. */
export const sampleSeeds: Record<string, string> = {
  exchange_rates: `rate_date,currency,usd_per_unit
2025-10-01,GBP,1.31250
2025-10-01,EUR,1.16240
2025-10-01,JPY,0.0067120
2025-10-01,BHD,2.65250
2025-10-01,CAD,0.71890
2025-10-01,INR,0.011270
2026-01-05,GBP,1.35120
2026-01-05,EUR,1.17310
2026-01-05,JPY,0.0063890
2026-01-05,BHD,2.65260
2026-01-05,CAD,0.72940
2026-01-05,INR,0.011110
2026-01-06,GBP,1.34870
2026-01-06,EUR,1.17080
2026-01-06,JPY,0.0063940
2026-01-06,BHD,2.65260
2026-01-06,CAD,0.72810
2026-01-06,INR,0.011090
2026-01-07,GBP,1.35010
2026-01-07,EUR,1.17220
2026-01-07,JPY,0.0063810
2026-01-07,BHD,2.65250
2026-01-07,CAD,0.72890
2026-01-07,INR,0.011100
`,
  user_agent_overrides: `user_id,agent_id
VXNlcjoyMDAyMA==,69010941663
`,
}
