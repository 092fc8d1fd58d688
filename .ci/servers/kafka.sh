#!/usr/bin/env bash
# A real Kafka broker on loopback, from the jars of Maven Central: it takes Java
# and Maven, no root.
#
#   kafka.sh install|start|stop [--kill] [--wipe]
#
# Listeners: plain on KAFKA_PORT, SASL over TLS on KAFKA_TLS_PORT (PLAIN alice,
# SCRAM bob, OAUTHBEARER with unsigned tokens). The data of a port stay until --wipe.
source "$(dirname "$0")/lib.sh"
: "${KAFKA_VERSION:=4.4.0}" "${LOG4J_VERSION:=2.25.3}" "${KAFKA_HEAP:=1g}"
: "${KAFKA_PORT:=19092}" "${KAFKA_CONTROLLER_PORT:=$((KAFKA_PORT + 1))}" "${KAFKA_TLS_PORT:=$((KAFKA_PORT + 2))}"
LIBS=$SERVERS_HOME/kafka-$KAFKA_VERSION
RUN=$SERVERS_HOME/run/kafka-$KAFKA_PORT

install_jars() {
	if [ -f "$LIBS/.done" ]; then return; fi
	mkdir -p "$LIBS"
	cat >"$LIBS/pom.xml" <<-POM
		<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
		 <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
		 <dependencies>
		  <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$KAFKA_VERSION</version></dependency>
		  <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>$LOG4J_VERSION</version></dependency>
		  <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>$LOG4J_VERSION</version></dependency>
		 </dependencies></project>
	POM
	mvn -B -q -f "$LIBS/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$LIBS" >&2
	touch "$LIBS/.done"
}

configure() {
	mkdir -p "$RUN/conf"
	cat >"$RUN/conf/log4j2.properties" <<-PROPERTIES
		status=error
		rootLogger.level=WARN
		rootLogger.appenderRef.f.ref=f
		appender.f.type=File
		appender.f.name=f
		appender.f.fileName=$RUN/server.log
		appender.f.layout.type=PatternLayout
		appender.f.layout.pattern=[%d] %p %m (%c)%n
	PROPERTIES
	openssl pkcs12 -export -in "$TLS/server.pem" -inkey "$TLS/server.key" -certfile "$TLS/ca.pem" -passout pass:changeit -out "$RUN/server.p12"
	cat >"$RUN/server.properties" <<-PROPERTIES
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$KAFKA_CONTROLLER_PORT
		controller.listener.names=CONTROLLER
		listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,SASL_SSL://127.0.0.1:$KAFKA_TLS_PORT,CONTROLLER://127.0.0.1:$KAFKA_CONTROLLER_PORT
		advertised.listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,SASL_SSL://127.0.0.1:$KAFKA_TLS_PORT
		listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
		inter.broker.listener.name=PLAINTEXT
		log.dirs=$RUN/data
		num.partitions=4
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=8
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		transaction.state.log.num.partitions=8
		share.coordinator.state.topic.replication.factor=1
		share.coordinator.state.topic.min.isr=1
		group.initial.rebalance.delay.ms=0
		group.min.session.timeout.ms=1000
		group.consumer.min.session.timeout.ms=1000
		group.consumer.session.timeout.ms=6000
		group.consumer.min.heartbeat.interval.ms=200
		group.consumer.heartbeat.interval.ms=500
		log.retention.check.interval.ms=1000
		auto.create.topics.enable=false
		message.max.bytes=20971520
		ssl.keystore.type=PKCS12
		ssl.keystore.location=$RUN/server.p12
		ssl.keystore.password=changeit
		sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
		listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-pw";
		listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
		listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
		listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="carol";
	PROPERTIES
}

tool() { java -cp "$RUN/conf:$LIBS/*" kafka.tools.StorageTool "$@"; }

start() {
	once kafka install_jars
	once tls certificates
	configure
	if [ ! -f "$RUN/data/meta.properties" ]; then
		tool format -t "$(tool random-uuid)" -c "$RUN/server.properties" \
			--add-scram 'SCRAM-SHA-256=[name=bob,password=bob-pw]' --add-scram 'SCRAM-SHA-512=[name=bob,password=bob-pw]' >>"$RUN/stdout" 2>&1
	fi
	launch "$RUN" java -Xms128m -Xmx"$KAFKA_HEAP" -XX:+UseG1GC -cp "$RUN/conf:$LIBS/*" kafka.Kafka "$RUN/server.properties"
	await "$RUN" bash -c "exec 3<>/dev/tcp/127.0.0.1/$KAFKA_PORT"
	echo "export ANABRANCH_KAFKA=127.0.0.1:$KAFKA_PORT ANABRANCH_KAFKA_TLS=127.0.0.1:$KAFKA_TLS_PORT"
}

case "${1:?install|start|stop}" in
install) once kafka install_jars ;;
start) start ;;
stop) halt "$RUN" "${@:2}" ;;
esac
