module gander.test/bench

go 1.23
