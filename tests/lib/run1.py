import sys, build, flow, house, os, runner, mutate, relay_judge
from stage import HERE
ids=sys.argv[1:]
flows=[one for f in ("flows","own","nightly") for one in flow.read_flows(os.path.join(HERE,"..","house",f))]
for one in flows:
    if one.id in ids:
        for case in one.cases:
            if os.environ.get("ONLY") and os.environ["ONLY"] not in case.name: continue
            name=(one.id+" "+case.name).strip()
            o=house.run_case(case,one.switches[0],build.BUILD,name)
            if not o.failures and o.relayed:
                o.failures += relay_judge.survivors(o.relayed, next(n for n,r in case.parties.items() if r=="gateway"))[1]
            print(("fail" if o.failures else "pass"), name, flush=True)
            if o.failures: print("\n".join(o.failures)+o.report)
