void require("./kafka-routes.cjs").routes(require("kafkajs"), Number(process.argv[2]));
